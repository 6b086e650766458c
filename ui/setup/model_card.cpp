#include "ui/setup/model_card.h"

#include "ui/experiment_editor.h"
#include "ui/format/quantities.h"
#include "ui/setup/field_binder.h"
#include "ui/theme/theme.h"
#include "ui/widgets/issue_form.h"

#include <QComboBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace lora::ui {

ModelCard::ModelCard(ExperimentEditor& editor, QWidget* parent)
    : Card(tr("Model"), parent)
    , m_editor(editor)
    , m_choice(new QComboBox(this))
    , m_open(new QPushButton(tr("Open folder…"), this))
    , m_form(new IssueForm(this))
    , m_facts(new QGridLayout)
    , m_status(new MutedLabel({}, this))
    , m_notices(new MutedLabel({}, this))
{
    buildLayout();
    connectSignals();
    refreshChoices();
}

void ModelCard::buildLayout()
{
    m_choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_choice->setMinimumContentsLength(12);
    m_open->setToolTip(
        tr("A Hugging Face folder with config.json and model.safetensors; it can be dropped here too"));
    m_choice->setAccessibleName(tr("Model"));
    auto* row = new QWidget(this);
    auto* rowLayout = new QHBoxLayout(row);
    rowLayout->setContentsMargins(0, 0, 0, 0);
    rowLayout->setSpacing(kGrid / 2);
    rowLayout->addWidget(m_choice, 1);
    rowLayout->addWidget(m_open);
    row->setFocusProxy(m_choice);
    m_form->addField(tr("&Model"), row, QStringLiteral("model"),
                     tr("The pretrained network that is fine-tuned"));
    m_facts->setHorizontalSpacing(kGrid);
    m_facts->setVerticalSpacing(kGrid / 4);
    m_facts->setColumnMinimumWidth(0, 12 * kGrid);
    m_facts->setColumnStretch(1, 1);
    body()->addWidget(m_form);
    body()->addLayout(m_facts);
    body()->addWidget(m_status);
    body()->addWidget(m_notices);
}

void ModelCard::connectSignals()
{
    auto* binder = new FieldBinder(m_editor, this);
    connect(m_open, &QPushButton::clicked, this, &ModelCard::chooseFolder);
    binder->choice(
        m_choice, tr("Choose model"), [](const ExperimentConfig& e) { return qstr(e.model); },
        [](ExperimentConfig& e, const QString& value) { e.model = value.toStdString(); });
    // After the binder's own handler, which cannot select a path that is not in the list yet.
    binder->onChange([this](const ExperimentConfig&) { refreshChoices(); });
    connect(&m_editor, &ExperimentEditor::issuesChanged, this,
            [this] { m_form->setIssues(m_editor.issues()); });
}

void ModelCard::setRecent(const QStringList& folders)
{
    m_recent = folders;
    refreshChoices();
}

void ModelCard::setBuiltins(const QStringList& names)
{
    m_builtins = names;
    refreshChoices();
}

void ModelCard::refreshChoices()
{
    const QSignalBlocker blocker(m_choice);
    const QString current = qstr(m_editor.experiment().model);
    QStringList paths = m_builtins;
    for (const QString& path : m_recent + QStringList{current}) {
        if (!path.isEmpty() && !paths.contains(path))
            paths += path;
    }
    m_choice->clear();
    for (const QString& path : paths) {
        m_choice->addItem(sourceName(path.toStdString()), path);
        m_choice->setItemData(m_choice->count() - 1, path, Qt::ToolTipRole);
    }
    m_choice->setCurrentIndex(m_choice->findData(current));
    m_choice->setToolTip(current);
}

void ModelCard::setFacts(const std::vector<std::pair<QString, QString>>& facts)
{
    while (QLayoutItem* item = m_facts->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    int row = 0;
    for (const auto& [name, value] : facts) {
        m_facts->addWidget(new MutedLabel(name, this), row, 0);
        auto* text = new QLabel(value, this);
        text->setWordWrap(true);
        text->setTextFormat(Qt::PlainText);
        m_facts->addWidget(text, row++, 1);
    }
}

void ModelCard::setSummary(const ModelSummary& model)
{
    m_status->setText({});
    const QString family = model.architecture.empty()
                               ? qstr(model.family)
                               : tr("%1 (%2)").arg(qstr(model.family), qstr(model.architecture));
    QString layers =
        tr("%1 × %2 wide, %3 heads").arg(model.numLayers).arg(model.hiddenSize).arg(model.numHeads);
    if (model.numKeyValueHeads > 0 && model.numKeyValueHeads < model.numHeads)
        layers += tr(", %1 for keys and values").arg(model.numKeyValueHeads);
    if (model.numBlocks > 0 && model.numBlocks < model.numLayers)
        layers += tr(", %1 with weights of their own").arg(model.numBlocks);
    setFacts({{tr("Family"), family},
              {tr("Parameters"),
               tr("%1, %2 on disk").arg(qCount(double(model.parameters)), qBytes(double(model.fileBytes)))},
              {tr("Layers"), layers},
              {tr("Vocabulary"), tr("%1 tokens").arg(qCount(double(model.vocabSize)))},
              {tr("Context"), tr("%1 tokens").arg(model.maxPositions)}});
    QStringList notices;
    for (const std::string& notice : model.notices)
        notices += qstr(notice);
    m_notices->setText(notices.join(u'\n'), MutedLabel::Tone::Warning);
}

void ModelCard::clearSummary(const QString& text)
{
    setFacts({});
    m_notices->setText({});
    m_status->setText(text);
}

void ModelCard::chooseFolder()
{
    const QString folder =
        QFileDialog::getExistingDirectory(this, tr("Open a model folder"), m_recent.value(0));
    if (!folder.isEmpty())
        m_editor.edit(tr("Choose model"), [&](ExperimentConfig& e) { e.model = folder.toStdString(); });
}

} // namespace lora::ui
