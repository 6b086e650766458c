#pragma once

#include "core/config/config_issue.h"

#include <QWidget>

#include <vector>

class QGridLayout;
class QLabel;

namespace lora::ui {

class MutedLabel;

/// A two-column form whose rows show the configuration's issues right below their field.
class IssueForm : public QWidget
{
    Q_OBJECT

public:
    explicit IssueForm(QWidget* parent = nullptr);

    /// `field`: dotted path as in ConfigIssue ("training.seed"); `why`: the tooltip, one sentence.
    void addField(const QString& label, QWidget* control, const QString& field, const QString& why);
    /// Sets the fields that follow apart from those before.
    void addSpace();
    /// Renames a field, or hides it with its control where it means nothing.
    void setLabel(const QString& field, const QString& label, const QString& why);
    void setFieldVisible(const QString& field, bool isVisible);
    /// Issues of fields this form does not have are left to others.
    void setIssues(const ConfigIssues& issues);
    bool hasField(const std::string& field) const;

private:
    struct Row
    {
        std::string field;
        QLabel* name;
        QWidget* control;
        MutedLabel* issue;
        bool isVisible = true;
    };

    Row& rowOf(const QString& field);

    QGridLayout* m_grid;
    std::vector<Row> m_rows;
};

} // namespace lora::ui
