#pragma once

#include "core/config/config_issue.h"
#include "ui/reproduce/reproduction_values.h"

#include <QWidget>

#include <vector>

class QCheckBox;
class QLineEdit;

namespace lora::ui {

class FileField;
class IssueForm;

/// With what the article's claims are put to the test. What is left empty is as the placeholders say.
class ReproductionForm : public QWidget
{
    Q_OBJECT

public:
    explicit ReproductionForm(QWidget* parent = nullptr);

    /// Makes the fields; to be told once.
    void setDefaults(const ReproductionDefaults& defaults);
    bool hasDefaults() const { return !m_claims.empty(); }
    /// Of full fine-tuning where the user gives none.
    void setUsualFullRate(double rate);
    /// What can be read of the fields; whole where issues() is empty.
    ReproductionRequest request() const;
    /// What the form itself knows to be wrong.
    ConfigIssues issues() const;
    /// Shown beside their fields; those of other fields are left to others.
    void setIssues(const ConfigIssues& issues);
    bool hasField(const std::string& field) const;

    QCheckBox& claim(const QString& key) const;
    FileField& model() { return *m_model; }
    FileField& train(const QString& key) const;
    FileField& eval(const QString& key) const;
    QLineEdit& seeds() { return *m_seeds; }
    QLineEdit& rank() { return *m_rank; }
    QLineEdit& epochs() { return *m_epochs; }
    QLineEdit& learningRate() { return *m_rate; }
    QLineEdit& fullLearningRate() { return *m_fullRate; }
    /// "key=value" between spaces, of all experiments.
    QLineEdit& settings() { return *m_settings; }

signals:
    void changed();

private:
    struct Claim
    {
        ArticleClaim claim;
        QCheckBox* isWanted;
        FileField* train;
        FileField* eval;
    };

    void addClaim(const ArticleClaim& claim);
    void addFields(const ReproductionDefaults& defaults);
    QLineEdit* line(const QString& placeholder);
    void orderTabs();
    void showWanted(const Claim& claim);
    const Claim& claimOf(const QString& key) const;

    IssueForm* m_form;
    std::vector<Claim> m_claims;
    std::vector<std::uint64_t> m_usualSeeds;
    FileField* m_model;
    QLineEdit* m_seeds;
    QLineEdit* m_rank;
    QLineEdit* m_epochs;
    QLineEdit* m_rate;
    QLineEdit* m_fullRate;
    QLineEdit* m_settings;
};

} // namespace lora::ui
